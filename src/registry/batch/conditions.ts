/** Questions asked of a status' conditions. */

interface Condition {
  type: string
  status: string
}

/** The condition is there and True. */
export function hasCondition(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
