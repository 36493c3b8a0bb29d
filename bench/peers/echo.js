// The echo server that node's documentation would have you write.
// Usage: node echo.js tcp | udp | unix PATH; prints its port (or path) when it is ready.
'use strict';
const [kind, path] = process.argv.slice(2);

if (kind === 'udp') {
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  socket.bind(0, '127.0.0.1', () => console.log(socket.address().port));
} else {
  const server = require('node:net').createServer({noDelay: true}, (peer) => {
    peer.on('error', () => {});
    peer.on('data', (data) => peer.write(data));
  });
  const at = kind === 'unix' ? {path, backlog: 4096} : {host: '127.0.0.1', port: 0, backlog: 4096};
  server.listen(at, () => console.log(kind === 'unix' ? path : server.address().port));
}
