/** The page about front web servers shows the files that are tested. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dir, '../../..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')

test.each(['nginx/upstream.conf', 'nginx/locations.conf', 'apache/heliograph.conf', 'caddy/heliograph.caddy'])(
  'docs/front-webserver.md shows deploy/%s as it is',
  (path) => {
    expect(read('docs/front-webserver.md')).toContain(`\n${read(`deploy/${path}`).trimEnd()}\n`)
  },
)
