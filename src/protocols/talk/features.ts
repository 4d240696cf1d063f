/** What we tell clients and Nextcloud that we can do; a name stands here once it works. */

const always = [
  'audio-video-permissions',
  'changed-users',
  'chat-relay',
  'dialout',
  'federation',
  'hello-v2',
  'incall-all',
  'join-features',
  'offer-codecs',
  'recipient-call',
  'serverinfo',
  'switchto',
  'transient-data',
  'transient-sessiondata',
  'welcome',
]

/** Clients send their media through us if they read `mcu`, and to each other if they do not. */
const withSfu = ['mcu', 'simulcast', 'update-sdp']

export interface Features {
  /** For HTTP headers and `serverinfo`. */
  readonly info: readonly string[]
  readonly welcome: readonly string[]
  /** For the hello reply, by the kind of client. */
  readonly client: readonly string[]
  readonly internal: readonly string[]
}

/** Whether there is an SFU in the configuration decides, not whether it can be reached just now. */
export const featuresOf = (hasSfu: boolean): Features => (hasSfu ? served : direct)

const direct = listed(always)
const served = listed([...always, ...withSfu])

function listed(names: readonly string[]): Features {
  const info = [...names].sort()
  const welcome = [...names, 'virtual-sessions'].sort()
  return { info, welcome, client: info, internal: welcome.filter((name) => name !== 'audio-video-permissions') }
}
