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

const sorted = (names: readonly string[]): readonly string[] => [...names].sort()

/** For HTTP headers and `serverinfo`. */
export const infoFeatures: readonly string[] = sorted(always)
/** For the welcome message. */
export const welcomeFeatures: readonly string[] = sorted([...always, 'virtual-sessions'])
/** For the hello reply, by the kind of client. */
export const clientFeatures: readonly string[] = infoFeatures
export const internalFeatures: readonly string[] = welcomeFeatures.filter((name) => name !== 'audio-video-permissions')
