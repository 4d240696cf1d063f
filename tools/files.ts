// The files of this repository as the checks see them: path relative to the root → text.

import { Glob } from 'bun'

export const root: string = new URL('..', import.meta.url).pathname

export type Files = ReadonlyMap<string, string>

/** Reads every file under the root that matches one of the patterns, in the order of their paths. */
export async function readFiles(patterns: readonly string[], from: string = root): Promise<Files> {
  const paths = new Set<string>()
  for (const pattern of patterns) for await (const path of new Glob(pattern).scan({ cwd: from })) paths.add(path)
  const texts = await Promise.all(
    [...paths].sort().map(async (path) => [path, await Bun.file(`${from}/${path}`).text()] as const),
  )
  return new Map(texts)
}

/** Our own TypeScript, wherever it lies. */
export const ourSources: readonly string[] = ['{src,test,tools,bench,examples,sdk/src,web}/**/*.ts']
