import type { TargetPrograms } from '../target.ts'

const listen = `
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', int(sys.argv[1])))
server.listen(16)
print('listening', flush=True)
while True:
    connection, _ = server.accept()
    while True:
        data = connection.recv(65536)
        if not data:
            break
        connection.sendall(data)
    connection.close()
`

const connect = `
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
connection.settimeout(5)
while data := connection.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
`

const fetch = `
import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=5).read())
`

const python = '/usr/bin/python3'

/** What the suite needs beyond a shell, in the Python of most images. */
export const pythonPrograms: TargetPrograms = {
  listen: (port) => [python, '-c', listen, String(port)],
  connect: (host, port) => [python, '-c', connect, host, String(port)],
  fetch: (url) => [python, '-c', fetch, url],
}
