// Reads which files import what, from the sources themselves.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

/** An import of a source file; `to` is a path inside src for our own files, else the name of a package. */
export type Import = { from: string, to: string, own: boolean }

/** All imports of the TypeScript files below a folder, with paths relative to it. */
export function importsBelow (folder: string): Import[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .flatMap(from => importsOf(from, readFileSync(join(folder, from), 'utf8')))
}

export function importsOf (from: string, source: string): Import[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return { from, to: packageOf(fileName), own: false }
    return { from, to: normalize(join(dirname(from), fileName)), own: true }
  })
}

function packageOf (specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
