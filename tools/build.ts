// `npm run build`: the whole program as one executable file, `dist/heliograph`.

import { rm } from 'node:fs/promises'
import type { BunPlugin } from 'bun'
import { bundlePages } from '../src/io/pages/bundle.ts'
import { root } from './files.ts'

/** Compiles the program into the given file. Fails with what the bundler said. */
export async function buildBinary(outfile: string): Promise<void> {
  const result = await Bun.build({
    // Threads begin in files of their own, which lie in the executable by their paths in `src`.
    entrypoints: [`${root}/src/main.ts`, `${root}/src/io/turn/worker.ts`],
    root: `${root}/src`,
    target: 'bun',
    minify: { syntax: true, whitespace: true },
    sourcemap: 'inline',
    plugins: [await pages()],
    // A file that happens to lie in the working directory must not change how the server runs.
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    throw: false,
  })
  if (!result.success) throw new Error(result.logs.map(String).join('\n'))
  // The executable holds copies of its own, for the lines in a stack trace.
  for (const { path } of result.outputs) if (path.endsWith('.map')) await rm(path, { force: true })
}

/** Puts the call page in, whose sources are not at hand where the executable runs. */
async function pages(): Promise<BunPlugin> {
  const contents = `export const built = ${JSON.stringify(await bundlePages())}`
  return {
    name: 'pages',
    setup(build) {
      build.onLoad({ filter: /\/src\/io\/pages\/built\.ts$/ }, () => ({ contents, loader: 'js' }))
    },
  }
}

if (import.meta.main) {
  const outfile = `${root}/dist/heliograph`
  await buildBinary(outfile)
  const { size } = await Bun.file(outfile).stat()
  console.log(`dist/heliograph, ${Math.round(size / 1024 / 1024)} MiB`)
}
