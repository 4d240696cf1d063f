/** Publishing and subscribing through a media proxy by its raw protocol, with peers of werift. */
import { expect } from 'bun:test'
import { type JsonObject, textAt } from './json.ts'
import type { ProxyClient } from './media-proxy.ts'
import { type MediaPeer, receivingPeer, sendingPeer } from './werift-media.ts'

/** The client id in an answer. */
export const idOf = (answer: JsonObject): string => {
  const id = textAt(answer, 'command', 'id')
  if (id === undefined) throw new Error(JSON.stringify(answer))
  return id
}
export const codeOf = (answer: JsonObject): string | undefined => textAt(answer, 'error', 'code')
const sdpOf = (answer: JsonObject): string => {
  const sdp = textAt(answer, 'payload', 'payload', 'sdp')
  if (sdp === undefined) throw new Error(JSON.stringify(answer))
  return sdp
}

export const createPublisher = {
  type: 'create-publisher',
  streamType: 'video',
  sid: 's',
  publisherSettings: { mediatypes: 1 },
}

/** Somebody who publishes, with media on its way. */
export async function published(client: ProxyClient): Promise<{ readonly id: string; readonly peer: MediaPeer }> {
  const id = idOf(await client.command(createPublisher))
  const peer = sendingPeer()
  const offer = { type: 'offer', sdp: await peer.offer() }
  await peer.accept(sdpOf(await client.payload({ type: 'offer', clientId: id, sid: 's', payload: offer })))
  await peer.connected
  return { id, peer }
}

/** Somebody who hears it. */
export async function subscribed(
  client: ProxyClient,
  more: JsonObject,
): Promise<{ readonly id: string; readonly peer: MediaPeer }> {
  const answer = await client.command({ type: 'create-subscriber', streamType: 'video', ...more })
  const [id, sid] = [idOf(answer), textAt(answer, 'command', 'sid') ?? '']
  const peer = receivingPeer()
  const sdp = await peer.answer(sdpOf(await client.payload({ type: 'requestoffer', clientId: id })))
  expect(await client.payload({ type: 'answer', clientId: id, sid, payload: { type: 'answer', sdp } })).toMatchObject({
    type: 'payload',
    payload: { type: 'answer', clientId: id },
  })
  await peer.heard
  return { id, peer }
}
