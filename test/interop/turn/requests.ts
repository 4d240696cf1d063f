/** The list of requests that are sent to ours and to coturn; `answers.ts` has what either says to each. */
import type { Row } from './asking.ts'
import { allocations } from './requests/allocate.ts'
import { bindings } from './requests/binding.ts'
import { channels } from './requests/channels.ts'
import { credentials } from './requests/credentials.ts'
import { data } from './requests/data.ts'
import { permissions } from './requests/permissions.ts'
import { refreshes } from './requests/refresh.ts'
import { streams } from './requests/streams.ts'

/** By chapters, in the order in which a client would come to them. */
export const requests: Readonly<Record<string, readonly Row[]>> = {
  'STUN Binding': bindings,
  Credentials: credentials,
  Allocate: allocations,
  Refresh: refreshes,
  Permissions: permissions,
  Channels: channels,
  'Relayed data': data,
  Streams: streams,
}
