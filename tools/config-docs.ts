/** Writes `docs/configuration.md` from the declarations in `src/config/schema.ts`. */

import { ownBackend, sections } from '../src/config/schema.ts'
import { laterSections } from '../src/config/sections/not-yet.ts'
import type { Section, Setting, Settings } from '../src/config/setting.ts'

/** The whole page. */
export function configurationPage(): string {
  const order = sections.flatMap((section) => (section.name === 'backend' ? [section, ownBackend] : [section]))
  return `${[introduction, ...order.map(sectionPart), kindsPart(order)].join('\n\n')}\n`
}

const introduction = `<!-- Made by tools/config-docs.ts from src/config/schema.ts; change it there. -->

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
- *Reload* says whether a change counts after SIGHUP (yes), or after a restart (no).
- ${laterSections.map((section) => `\`[${section}]\``).join(', ')}: not in this build yet.`

function sectionPart(section: Section<Settings>): string {
  const rows = Object.entries(section.settings).map(([key, setting]) => row(key, setting))
  const later = section.later ? ' *Not in this build yet: it is checked, but does nothing.*' : ''
  const head = `## \`[${section.name}]\`\n\n${section.meaning}${later}`
  if (rows.length === 0) return head
  return `${head}\n\n| Key | Type | Default | Meaning | Reload |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`
}

function row(key: string, setting: Setting<unknown>): string {
  const fallback = setting.default ? `\`${setting.default}\`` : ''
  const cells = [`\`${key}\``, setting.kind, fallback, setting.meaning, setting.reload ? 'yes' : 'no']
  return `| ${cells.map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function kindsPart(order: readonly Section<Settings>[]): string {
  const allowed = new Map<string, Set<string>>()
  for (const { settings } of order) {
    for (const setting of Object.values(settings)) {
      if (setting.kind === setting.allowed || setting.kind.includes('(')) continue
      const ranges = allowed.get(setting.kind) ?? new Set()
      allowed.set(setting.kind, ranges.add(setting.allowed))
    }
  }
  const rows = [...allowed].map(([kind, ranges]) => `| ${cell(kind)} | ${[...ranges].map(cell).join('<br>')} |`)
  return `## Types\n\n| Type | Allowed |\n| --- | --- |\n${rows.join('\n')}`
}

if (import.meta.main) await Bun.write(new URL('../docs/configuration.md', import.meta.url), configurationPage())
