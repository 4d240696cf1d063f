/** The client of Heliograph for browsers, Node and Bun. The client of the admission protocol is at `@heliograph/client/admission`. */
export type { ClientEvents, ClientOptions } from './core/client.ts'
export { Client } from './core/client.ts'
export type { ConnectionEvents, ConnectionState, SendOptions, StateChange } from './core/connection.ts'
export type { Eventful, OnceOptions } from './core/emitter.ts'
export {
  ConnectionError,
  EndedError,
  HeliographError,
  QueueFullError,
  RefusedError,
  TimeoutError,
  UnauthorizedError,
  UsageError,
} from './core/errors.ts'
export type { OutboxLimits } from './core/outbox.ts'
export type { User } from './core/peer.ts'
export { Peer } from './core/peer.ts'
export type { CloseDetails, JitterOptions, ReconnectPolicy } from './core/reconnect-policy.ts'
export { fullJitter } from './core/reconnect-policy.ts'
export type { RequestOptions } from './core/requests.ts'
export { Room } from './core/room.ts'
export type { Knock, RoomEvents, RoomMessage } from './core/room-state.ts'
export type { TokenContext, TokenOptions } from './core/token.ts'
export type { NetworkHint, SocketConstructor, SocketLike, World } from './core/world.ts'
export type { CheckName, CheckResult, ConnectivityOptions, ConnectivityReport } from './diagnosis/connectivity.ts'
export { checkConnectivity } from './diagnosis/connectivity.ts'
export type { PresenceClientEvents, PresenceClientOptions, PresenceInfo } from './presence/client.ts'
export { PresenceClient } from './presence/client.ts'
export type { UserId } from './presence/words.ts'
export type { RelayClientEvents, RelayClientOptions } from './relay/client.ts'
export { RelayClient } from './relay/client.ts'
export type { IceRouteOptions, IceServerSet, IceServerSource } from './rtc/ice-servers.ts'
export { IceServers, iceServersFrom } from './rtc/ice-servers.ts'
export type { MeshEvents } from './rtc/mesh.ts'
export { Mesh } from './rtc/mesh.ts'
export type { CandidateKind, ConnectionPath } from './rtc/path.ts'
export { connectionPath } from './rtc/path.ts'
export type { CloseCause, LinkState, PeerLinkEvents, PeerLinkOptions, RtcOptions } from './rtc/peer-link.ts'
export { isPolite, PeerLink } from './rtc/peer-link.ts'
export type { Candidate, Description, Signal } from './rtc/signal.ts'
export type { JoinOptions, TalkClientEvents, TalkClientOptions } from './talk/client.ts'
export { TalkClient } from './talk/client.ts'
export type { StreamState, StreamStateChange } from './talk/media/context.ts'
export type { PublicationEvents } from './talk/media/publication.ts'
export { Publication } from './talk/media/publication.ts'
export type { SfuCallEvents, SfuCallOptions } from './talk/media/sfu-call.ts'
export { SfuCall } from './talk/media/sfu-call.ts'
export type { SubscriptionEvents } from './talk/media/subscription.ts'
export { Subscription } from './talk/media/subscription.ts'
export type { PublishOptions, Selection, StreamType } from './talk/media/words.ts'
export type { TalkInfo, TalkRoomEvents } from './talk/room.ts'
export { TalkRoom } from './talk/room.ts'
export type { InternalSettings, SettingsContext, SettingsSource, TalkSettings } from './talk/settings.ts'
