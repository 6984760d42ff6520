// The floor of Socket.IO: the usual server program on the npm package, doing only what is measured. A client joins a chat; a POST brings a message to all who joined.
// It stores nothing and asks nobody who they are. usage: floor_socketio.mjs PORT
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const answer = (response, status, body) => {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text)
}
let id = 0

const server = createServer((request, response) => {
  if (request.method !== 'POST') return answer(response, 200, { status: 'OK' })
  let text = ''
  request.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => {
    const now = new Date().toISOString(), { chatId, senderId, senderType, senderName, content } = JSON.parse(text)
    const message = { _id: (++id).toString(16).padStart(24, '0'), chatId, senderId, senderType, senderName, content, messageType: 'text', fileUrl: null, isRead: false, readAt: null,
      createdAt: now, updatedAt: now, __v: 0 }
    io.to(`chat-${chatId}`).emit('new-message', { message })
    answer(response, 200, { success: true, message })
  })
})
const io = new Server(server)
io.on('connection', (socket) => socket.on('join-chat', ({ chatId }) => socket.join(`chat-${chatId}`)))
server.listen(Number(process.argv[2]), '127.0.0.1')
