/** The version of this package. */
import { readPackageFile } from '../apimachinery/package-root.ts'

export function packageVersion(): string {
  return (JSON.parse(readPackageFile('package.json')) as { version: string }).version
}
