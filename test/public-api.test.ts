import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import * as library from '../src/index.ts'

const INDEX = fileURLToPath(new URL('../src/index.ts', import.meta.url))
const COMMONJS = fileURLToPath(new URL('../commonjs.d.cts', import.meta.url))

/** Names whose meaning is Kubernetes', not ours: its API reference says what they are. */
const KUBERNETES = new Set([
  'KubeObject',
  'LabelSelector',
  'ManagedFieldsEntry',
  'ObjectMeta',
  'OwnerReference',
  'Status',
  'StatusCause',
  'StatusDetails',
])

it('every exported symbol says what it is, and every member of ours', () => {
  const program = ownFilesOnly()
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(INDEX)!
  const silent: string[] = []
  const isSilent = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length === 0
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    if (isSilent(symbol)) silent.push(symbol.name)
    if (KUBERNETES.has(symbol.name)) continue
    for (const member of membersOf(symbol)) if (isSilent(member)) silent.push(`${symbol.name}.${member.name}`)
  }
  expect(silent).toEqual([])
})

it('CommonJS is told of the same values as ES modules', () => {
  const declared = [...readFileSync(COMMONJS, 'utf8').matchAll(/^export declare const (\w+): typeof kubemu\.(\w+)$/gm)]
  expect(declared.map(([, name]) => name).sort()).toEqual(Object.keys(library).sort())
  expect(declared.filter(([, name, source]) => name !== source)).toEqual([])
})

/** Properties and methods as they are written: not those that are inherited or start with an underscore. */
function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  if (!(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class))) return []
  const members = [...(symbol.members?.values() ?? [])]
  const isPrivate = (member: ts.Symbol): boolean =>
    member.declarations?.some(
      (declaration) =>
        ts.canHaveModifiers(declaration) &&
        ts.getModifiers(declaration)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword),
    ) ?? false
  return members.filter((member) => /^[a-z]/.test(member.name) && !isPrivate(member))
}

/** Without libraries and packages, which take seconds and say nothing about our documentation. */
function ownFilesOnly(): ts.Program {
  const options: ts.CompilerOptions = { noLib: true, types: [], target: ts.ScriptTarget.ES2022 }
  const host = ts.createCompilerHost(options)
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith('.')
        ? { resolvedFileName: join(dirname(from), text), extension: '.ts', isExternalLibraryImport: false }
        : undefined,
    }))
  return ts.createProgram([INDEX], options, host)
}
