/** Makes the reference pages of the two configuration files from the declarations in `src/config/`. */

import { proxySections } from '../src/config/proxy-schema.ts'
import { ownBackend, ownProvider, sections } from '../src/config/schema.ts'
import type { Section, Setting, Settings } from '../src/config/setting.ts'

/** That of the signaling server. */
export function configurationPage(): string {
  const owned: Readonly<Record<string, Section<Settings>>> = { backend: ownBackend, presence: ownProvider }
  const order = sections.flatMap((section) => [section, ...[owned[section.name] ?? []].flat()])
  return `${[introduction, ...order.map(sectionPart), kindsPart(order)].join('\n\n')}\n`
}

/** That of the media proxy. */
export function proxyConfigurationPage(): string {
  return `${[proxyIntroduction, ...proxySections.map(sectionPart), kindsPart(proxySections)].join('\n\n')}\n`
}

const introduction = `<!-- Made from src/config/schema.ts by npm run docs; change it there. -->

# Configuration

\`heliograph serve --config FILE\` reads an INI file. The \`server.conf\` of nextcloud-spreed-signaling works as it is:
its sections and keys mean the same here. \`heliograph check-config FILE\` tells everything that is wrong with a file,
with lines, without starting anything.

\`\`\`ini
[http]
listen = 127.0.0.1:8080

[sessions]
hashkey = $(HASH_KEY)

[backend]
backends = cloud

[cloud]
urls = https://cloud.example.org
secret_file = /run/secrets/cloud
\`\`\`

- A line is \`[section]\`, \`key = value\`, \`key: value\`, or a comment that begins with \`#\` or \`;\`. A comment may also
  follow a value, behind a space. Names of sections and keys do not tell upper from lower case. An empty value is no value.
- \`$(NAME)\` in a value stands for the environment variable of that name, which must exist.
- \`HELIOGRAPH_<SECTION>_<KEY>\` in the environment goes before the file, for backends too: \`HELIOGRAPH_CLOUD_SECRET\`.
  What is neither letter nor digit in a name is written as \`_\`. An empty variable takes the setting back to its default.
- A secret may stand in a file of its own: \`secret_file = /run/secrets/cloud\` in place of \`secret = …\`. A line end at
  the end of that file does not count.
- A key or section that is not known is a warning; a value that cannot be used is an error, and then nothing starts.
- _Reload_ says whether a change counts after SIGHUP (yes), or after a restart (no).`

const proxyIntroduction = `<!-- Made from src/config/proxy-schema.ts by npm run docs; change it there. -->

# Configuration of the media proxy

\`heliograph proxy --config FILE\` reads an INI file. The \`proxy.conf\` of nextcloud-spreed-signaling works as it is: its
sections and keys mean the same here. \`heliograph check-config --proxy FILE\` tells everything that is wrong with a file,
with lines, without starting anything. How to set one up, step by step: [media-proxy.md](media-proxy.md).

\`\`\`ini
[http]
listen = 127.0.0.1:9090

[tokens]
server1 = server1.pem

[mcu]
url = ws://127.0.0.1:8188/
\`\`\`

What a line may be, \`$(NAME)\`, files for secrets and the marks of the tables are those of
[the signaling server's file](configuration.md). \`HELIOGRAPH_<SECTION>_<KEY>\` in the environment goes before the file;
\`HELIOGRAPH_TOKENS_SERVER1=/run/keys/server1.pem\` adds a key to \`[tokens]\`. Paths are relative to the file.`

function sectionPart(section: Section<Settings>): string {
  const rows = Object.entries(section.settings).map(([key, setting]) => row(key, setting))
  const later = section.later ? ' _Not in this build yet: it is checked, but does nothing._' : ''
  const head = `## \`[${section.name}]\`\n\n${section.meaning}${later}`
  return rows.length === 0 ? head : `${head}\n\n${table([['Key', 'Type', 'Default', 'Meaning', 'Reload'], ...rows])}`
}

function row(key: string, setting: Setting<unknown>): Row {
  const fallback = setting.default ? `\`${setting.default}\`` : ''
  return [`\`${key}\``, setting.kind, fallback, setting.meaning, setting.reload ? 'yes' : 'no']
}

function kindsPart(order: readonly Section<Settings>[]): string {
  const allowed = new Map<string, string>()
  for (const setting of order.flatMap(({ settings }) => Object.values(settings))) {
    // The others say it in their name.
    const tells = setting.kind === setting.allowed || setting.kind.includes('(')
    if (!tells) allowed.set(setting.kind, setting.allowed)
  }
  return `## Types\n\n${table([['Type', 'Allowed'], ...allowed])}`
}

type Row = readonly string[]

/** In columns, as the formatter writes a table; the first row is its head. */
function table([head = [], ...rows]: readonly Row[]): string {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = head.map((_, column) => Math.max(3, ...escaped.map((row) => row[column]?.length ?? 0)))
  const [first = [], ...others] = escaped.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  const rule = widths.map((width) => '-'.repeat(width))
  return [first, rule, ...others].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
