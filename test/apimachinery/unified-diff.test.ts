import { describe, expect, it } from 'vitest'
import { diffValues, unifiedDiff } from '../../src/apimachinery/unified-diff.ts'

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`)

describe('the unified difference', () => {
  it('is empty for equal texts', () => {
    expect(unifiedDiff('a\nb', 'a\nb')).toBe('')
  })

  it('shows three lines around a change and no more', () => {
    const before = numbered(12)
    const after = before.map((line, i) => (i === 6 ? 'other' : line))
    expect(unifiedDiff(before.join('\n'), after.join('\n'))).toBe(
      '@@ -4,7 +4,7 @@\n line 3\n line 4\n line 5\n-line 6\n+other\n line 7\n line 8\n line 9\n',
    )
  })

  it('puts changes that are far apart into hunks of their own', () => {
    const before = numbered(30)
    const after = ['first', ...before.slice(0, 29)]
    const text = unifiedDiff(before.join('\n'), after.join('\n'))
    expect(text.match(/^@@ .* @@$/gm)).toEqual(['@@ -1,3 +1,4 @@', '@@ -27,4 +28,3 @@'])
  })

  it('begins no match at a line that is everywhere in a long text', () => {
    const before = numbered(250).flatMap((line) => [line, '},'])
    const after = [...before.slice(0, 100), 'new', ...before.slice(100)]
    expect(unifiedDiff(before.join('\n'), after.join('\n'))).toContain('+new\n')
    expect(unifiedDiff(before.join('\n'), after.join('\n')).match(/^[-+]/gm)).toHaveLength(1)
  })

  it('prints values as JSON indented by one space', () => {
    expect(diffValues({ A: 1, B: null }, { A: 2, B: null })).toBe(
      '@@ -1,4 +1,4 @@\n {\n- "A": 1,\n+ "A": 2,\n  "B": null\n }\n',
    )
  })
})
