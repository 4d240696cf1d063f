/** A page that has the client's script and nothing else, for Chromium. */
import { root } from '../../../tools/files.ts'

export async function pageWithClient(): Promise<Blob> {
  const built = await Bun.build({
    entrypoints: [`${root}/sdk/src/script-tag.ts`],
    target: 'browser',
    format: 'iife',
    throw: true,
  })
  const script = (await built.outputs[0]?.text()) ?? ''
  // A closing tag inside a text of the script would end it.
  return new Blob([
    `<!doctype html><title>client</title><script>${script.replaceAll('</script', '<\\/script')}</script>`,
  ])
}
