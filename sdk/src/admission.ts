/** The client of the admission protocol; needs the package socket.io-client. */
export type { AdmissionClientEvents, AdmissionClientOptions, AskOptions } from './admission/client.ts'
export { AdmissionClient } from './admission/client.ts'
export type { AdmissionInfo, AdmissionRoomEvents } from './admission/room.ts'
export { AdmissionRoom } from './admission/room.ts'
export type { SocketIoOptions } from './admission/socket.ts'
