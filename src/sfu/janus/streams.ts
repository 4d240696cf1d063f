/** Which media a publisher sends, read from its offer and from what Janus answered: another Janus has to be told. */
import type { PublisherStream } from '../stream.ts'

interface Section {
  readonly kind: string
  /** Payload types, or the kind of data channel. */
  readonly formats: readonly string[]
  /** `a=` lines without the `a=`. */
  readonly attributes: readonly string[]
}

const playoutDelay = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
const videoOrientation = 'urn:3gpp:video-orientation'

export function publisherStreams(offer: string, answer: string): readonly PublisherStream[] {
  const offered = sections(offer)
  return sections(answer).flatMap((section, mindex) => {
    const mid = attribute(section, 'mid')
    if (mid === undefined) return []
    if (section.kind === 'application') {
      return section.formats[0] === 'webrtc-datachannel' ? [{ mid, mindex, type: 'data' }] : []
    }
    const codec = codecOf(section)
    if (codec === undefined) return []
    const common = { mid, mindex, type: section.kind, codec }
    if (section.kind === 'audio') return [{ ...common, ...audioOptions(section) }]
    return section.kind === 'video' ? [{ ...common, ...videoOptions(section, offered[mindex], codec) }] : []
  })
}

function sections(sdp: string): readonly Section[] {
  return sdp
    .split(/\r?\nm=/)
    .slice(1)
    .map((text) => {
      const [head = '', ...lines] = text.split(/\r?\n/)
      const [kind = '', , , ...formats] = head.split(' ')
      return {
        kind,
        formats,
        attributes: lines.filter((line) => line.startsWith('a=')).map((line) => line.slice('a='.length)),
      }
    })
}

const attribute = ({ attributes }: Section, name: string): string | undefined =>
  attributes.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1)

/** Its name in lower case, as Janus spells it. */
function codecOf({ formats, attributes }: Section): string | undefined {
  const start = `rtpmap:${formats[0]} `
  const map = attributes.find((line) => line.startsWith(start))
  return map?.slice(start.length).split('/')[0]?.toLowerCase()
}

function option({ formats, attributes }: Section, name: string): string | undefined {
  const start = `fmtp:${formats[0]} `
  for (const line of attributes) {
    if (!line.startsWith(start)) continue
    for (const part of line.slice(start.length).split(';')) {
      const [key = '', value] = part.split('=')
      if (key.trim().toLowerCase() === name) return value?.trim()
    }
  }
  return undefined
}

const audioOptions = (section: Section): Partial<PublisherStream> => ({
  ...(option(section, 'useinbandfec') === '1' && { fec: true }),
  ...(option(section, 'usedtx') === '1' && { dtx: true }),
  ...(option(section, 'stereo') === '1' && { stereo: true }),
})

function videoOptions(answered: Section, offered: Section | undefined, codec: string): Partial<PublisherStream> {
  const vp9 = codec === 'vp9' ? option(answered, 'profile-id') : undefined
  const h264 = codec === 'h264' ? option(answered, 'profile-level-id') : undefined
  const orientation = extension(answered, videoOrientation)
  const delay = extension(answered, playoutDelay)
  return {
    ...(vp9 !== undefined && { vp9_profile: vp9 }),
    ...(h264 !== undefined && { h264_profile: h264 }),
    ...(orientation !== undefined && { videoorient_ext_id: orientation }),
    ...(delay !== undefined && { playoutdelay_ext_id: delay }),
    ...((isSimulcast(answered) || (offered && isSimulcast(offered))) && { simulcast: true }),
  }
}

const isSimulcast = ({ attributes }: Section): boolean =>
  attributes.some((line) => line.startsWith('simulcast:') || line.startsWith('ssrc-group:SIM '))

function extension({ attributes }: Section, uri: string): number | undefined {
  for (const line of attributes) {
    const found = /^extmap:(\d{1,3})(?:\/\w+)? (\S+)/.exec(line)
    if (found?.[2] === uri) return Number(found[1])
  }
  return undefined
}
