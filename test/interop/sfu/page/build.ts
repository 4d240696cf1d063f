/** The page of people in a call, as one file for Chromium. */
import { resolve } from 'node:path'

export async function pageOfPeople(): Promise<Blob> {
  const built = await Bun.build({
    entrypoints: [resolve(import.meta.dir, 'person.ts')],
    target: 'browser',
    format: 'iife',
    throw: true,
  })
  const script = (await built.outputs[0]?.text()) ?? ''
  // A closing tag inside a text of the script would end it.
  return new Blob([`<!doctype html><title>call</title><script>${script.replaceAll('</script', '<\\/script')}</script>`])
}
