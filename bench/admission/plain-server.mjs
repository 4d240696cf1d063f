// What admission does, as a plain Socket.IO server on Node does it: rooms of Socket.IO, no tokens, no checks, no limits.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http)

io.on('connection', (socket) => {
  socket.on('auth-request', ({ payload }) => socket.emit('auth-accept', { token: 'none', payload }))
  socket.on('room-create-request', async ({ room }) => {
    await socket.join(room)
    socket.emit('room-create-accept', { room })
  })
  socket.on('room-join-request', async ({ room }) => {
    await socket.join(room)
    socket.emit('room-join-accept', {
      room,
      peer_id: socket.id,
      peers: [...(io.sockets.adapter.rooms.get(room) ?? [])],
    })
  })
  socket.on('relay-ice-candidate', ({ to, room, ice_candidate, payload }) => {
    io.to(to).emit('ice-candidate', { peer_id: socket.id, ice_candidate, room, payload })
  })
})

http.listen(0, '127.0.0.1', () => console.log(http.address().port))
// Its CPU time (µs) for every line.
createInterface({ input: process.stdin }).on('line', () => {
  const { user, system } = process.cpuUsage()
  console.log(user + system)
})
