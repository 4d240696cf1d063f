// The page of a protocol that is made from its schemas.

import { expect, test } from 'bun:test'
import { z } from 'zod'
import { protocolPage } from '../../tools/protocol-page.ts'

const Join = z
  .object({
    type: z.literal('join'),
    room: z.object({ name: z.string().describe('a | b'), tags: z.array(z.object({ key: z.string() })) }),
    note: z.union([z.string(), z.number()]).optional(),
  })
  .meta({ id: 'test-join', description: 'Enter a room.' })

const page = protocolPage({
  name: 'toy',
  client: [Join],
  server: [],
  errors: { no_such_room: { message: 'There is no such room.', when: 'on join' } },
  spec: '# Toy\n\n## Rooms\n\n- **T1** one',
})

test('a message has a section with its fields, nested ones by their path', () => {
  expect(page).toContain('### `test-join`\n\nEnter a room.\n')
  expect(page).toContain('| `type` | `"join"` | required |  |')
  expect(page).toContain('| `room.name` | string | required | a \\| b |')
  expect(page).toContain('| `room.tags[].key` | string | required |  |')
  expect(page).toContain('| `note` | string or number | optional |  |')
})

test('errors and rules are on the page', () => {
  expect(page).toContain('| `no_such_room` | There is no such room. | on join |')
  expect(page).toContain('### Rooms\n\n- **T1** one')
  expect(page).not.toContain('# Toy')
})
