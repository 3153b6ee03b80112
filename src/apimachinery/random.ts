/** Only a Random makes uids, name suffixes and jitter: with a seed two runs are the same. */

export interface Random {
  /** In [0, 1). */
  next(): number
  /** RFC 4122 version 4. */
  uuid(): string
  /** `length` characters of upstream's safe alphabet: no vowels, no 0, 1, 3. */
  suffix(length: number): string
}
