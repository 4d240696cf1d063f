// `bun tools/build-sdk.ts`: the client as `sdk/dist`: ES modules with their types, and one file for a script tag.

import { rm } from 'node:fs/promises'
import { root } from './files.ts'

const common = { target: 'browser', sourcemap: 'linked', throw: false } as const

/** Builds into the given folder, which is emptied before. Fails with what the tools said. */
export async function buildSdk(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const modules = await Bun.build({
    ...common,
    entrypoints: [`${root}/sdk/src/index.ts`, `${root}/sdk/src/admission.ts`],
    outdir: folder,
    format: 'esm',
    // What both have in common is there once: an error of one is an instance of the other's class.
    splitting: true,
    external: ['socket.io-client'],
  })
  const script = await Bun.build({
    ...common,
    entrypoints: [`${root}/sdk/src/script-tag.ts`],
    outdir: folder,
    naming: 'heliograph.[ext]',
    format: 'iife',
    minify: true,
  })
  for (const { success, logs } of [modules, script]) if (!success) throw new Error(logs.map(String).join('\n'))
  await declare(`${folder}/types`)
}

async function declare(folder: string): Promise<void> {
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', folder]
  const child = Bun.spawn([`${root}/node_modules/.bin/tsc`, '-p', `${root}/sdk/tsconfig.json`, ...options], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = await child.stdout.text()
  if ((await child.exited) !== 0) throw new Error(said)
}

if (import.meta.main) await buildSdk(`${root}/sdk/dist`)
