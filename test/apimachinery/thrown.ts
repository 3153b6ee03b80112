/** The message of what `run` throws; undefined when it throws nothing. */
export function thrown(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
