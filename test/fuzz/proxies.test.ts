/** Proxies that say anything: nothing throws, nothing of it is in the log, every request has its one answer, nothing grows. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { replies } from '../../src/sfu/proxy/messages.ts'
import { camera, createStage } from '../sfu/proxy/stage.ts'
import { createFakeProxy } from '../support/fake-proxy.ts'

const marker = 'said-by-the-proxy'
const events = [
  ...['update-load', 'backend-connected', 'backend-disconnected', 'shutdown-scheduled', 'ice-completed'],
  ...['subscriber-sid-updated', 'publisher-closed', 'subscriber-closed', marker],
]
const clients = ['one.example-publisher-2', 'one.example-subscriber-3', marker, '']
const payloads = ['offer', 'answer', 'candidate', 'requestoffer', 'selectStream', marker]

const anything = fc.oneof(
  fc.constantFrom(null, marker, '', -1, 3, 1e308, true, [], {}),
  fc
    .jsonValue({ maxDepth: 2 })
    .map((value) => ({ sdp: value, candidate: { candidate: value }, offer: { sdp: marker } })),
)
const id = fc.oneof(fc.integer({ min: 0, max: 12 }).map(String), fc.constantFrom(marker, null, undefined, 7))
const body = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...events, ...payloads), anything),
    clientId: fc.oneof(fc.constantFrom(...clients), anything),
    id: fc.oneof(fc.constantFrom(...clients), anything),
    payload: anything,
    load: anything,
    bandwidth: anything,
    sid: fc.oneof(fc.constantFrom('1', '2', marker), anything),
    bitrate: anything,
    streams: anything,
    code: fc.oneof(fc.constantFrom('no_such_session', 'unknown_client', 'timeout', marker), anything),
    message: anything,
    reason: anything,
    version: anything,
    sessionid: anything,
    server: anything,
  },
  { requiredKeys: [] },
)
const message = fc
  .record({ id, type: fc.oneof(fc.constantFrom(...Object.keys(replies)), anything), body })
  .map(({ id: number, type, body: inner }) => JSON.stringify({ id: number, type, [String(type)]: inner }))
const text = fc.oneof({ weight: 6, arbitrary: message }, { weight: 1, arbitrary: fc.string() })

test('whatever a proxy says', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
      const proxy = createFakeProxy('http://one.example/')
      const stage = createStage([proxy])
      const publisher = stage.publish(camera('ann'))
      const subscriber = stage.subscribe(camera('ann'))
      const answers = new Map<number, number>()
      const hear = (): void => {
        for (const event of stage.told()) {
          if ('request' in event && event.request !== undefined) {
            answers.set(event.request, (answers.get(event.request) ?? 0) + 1)
          }
        }
      }
      const asked: number[] = []
      for (const one of texts) {
        asked.push(stage.offer(publisher, 'o'), stage.requestOffer(subscriber))
        stage.inject(one)
        stage.pass(300)
        hear()
      }
      stage.pass(120_000)
      hear()
      expect(asked.map((request) => answers.get(request))).toEqual(asked.map(() => 1))
      // What a proxy says as a code or as a reason may be told; nothing else of it.
      const facts = stage.facts().map((fact) => ({ ...fact, code: '', reason: '', detail: '', version: '' }))
      expect(JSON.stringify(facts)).not.toContain(marker)
      stage.run(stage.machine.stopped)
      expect(stage.machine.nextDeadline()).toBeUndefined()
    }),
    { numRuns: 100 },
  )
}, 30_000)
