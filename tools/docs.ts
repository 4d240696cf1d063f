// `npm run docs`: writes the pages that are generated from the sources; the check compares them with what is there.

import { Glob } from 'bun'
import { z } from 'zod'
import { root } from './files.ts'
import { metricsPage } from './metrics-page.ts'
import { protocolPage } from './protocol-page.ts'

export interface Page {
  /** Relative to the root. */
  readonly path: string
  readonly render: () => Promise<string>
}

const written: readonly Page[] = [
  {
    path: 'docs/configuration.md',
    render: async () => (await import('./config-docs.ts')).configurationPage(),
  },
  {
    path: 'docs/configuration-proxy.md',
    render: async () => (await import('./config-docs.ts')).proxyConfigurationPage(),
  },
  {
    path: 'docs/metrics.md',
    render: async () => {
      const { metricRows, coturnRows } = await import('../src/observe/metrics.ts')
      return metricsPage(metricRows, coturnRows)
    },
  },
]

/** Every generated page. A front end with a SPEC.md has one, made from its messages, its errors and its rules. */
export async function pages(): Promise<readonly Page[]> {
  const specs = await Array.fromAsync(new Glob('src/protocols/*/SPEC.md').scan({ cwd: root }))
  return [...written, ...specs.sort().map(frontEndPage)]
}

const Messages = z.object({
  documentedMessages: z.object({ client: z.array(z.instanceof(z.ZodType)), server: z.array(z.instanceof(z.ZodType)) }),
})
const Errors = z.object({ errorCodes: z.record(z.string(), z.object({ message: z.string(), when: z.string() })) })

function frontEndPage(spec: string): Page {
  const name = spec.split('/')[2] ?? ''
  return {
    path: `docs/protocols/${name}.md`,
    render: async () => {
      const folder = `../src/protocols/${name}`
      const messages: unknown = await import(`${folder}/messages/index.ts`).catch(() => import(`${folder}/messages.ts`))
      const errors: unknown = await import(`${folder}/errors.ts`)
      return protocolPage({
        name,
        ...Messages.parse(messages).documentedMessages,
        errors: Errors.parse(errors).errorCodes,
        spec: await Bun.file(`${root}/${spec}`).text(),
      })
    },
  }
}

/** As the formatter would leave it, so that formatting the tree changes no generated page. */
async function formatted(path: string, text: string): Promise<string> {
  const child = Bun.spawn([`${root}/node_modules/.bin/biome`, 'format', `--stdin-file-path=${path}`], {
    cwd: root,
    stdin: new Blob([text]),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [page, faults, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  if (code !== 0) throw new Error(`${path} cannot be formatted:\n${faults}`)
  return page
}

/** The pages whose file is not what would be written now, one line each. */
export async function staleDocs(): Promise<readonly string[]> {
  const faults = (await pages()).map(async ({ path, render }) => {
    const file = Bun.file(`${root}/${path}`)
    const fresh = (await file.exists()) && (await file.text()) === (await formatted(path, await render()))
    return fresh ? [] : [`${path} is not what the sources say; run \`npm run docs\``]
  })
  return (await Promise.all(faults)).flat()
}

if (import.meta.main) {
  for (const { path, render } of await pages()) {
    await Bun.write(`${root}/${path}`, await formatted(path, await render()))
    console.log(path)
  }
}
