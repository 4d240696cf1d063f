/** Makes the files of the call page from their sources in `web/demo`. */

/** Name behind `/demo/` (empty: the page itself) → text. */
export type PageTexts = Readonly<Record<string, string>>

const sources = new URL('../../../web/demo/', import.meta.url)

/** Fails with what the bundler said. */
export async function bundlePages(): Promise<PageTexts> {
  const result = await Bun.build({
    entrypoints: [new URL('main.ts', sources).pathname],
    target: 'browser',
    format: 'esm',
    minify: true,
    throw: false,
  })
  const script = result.outputs[0]
  if (!result.success || !script) throw new Error(result.logs.map(String).join('\n'))
  const text = (name: string): Promise<string> => Bun.file(new URL(name, sources)).text()
  return {
    '': await text('index.html'),
    'page.js': await script.text(),
    'style.css': await text('style.css'),
    'icon.svg': await text('icon.svg'),
  }
}
