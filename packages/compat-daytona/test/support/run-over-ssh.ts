import ssh2 from 'ssh2'

/** Runs a command as an SSH client does. */
export async function runOverSsh(
  port: number,
  username: string,
  command: string,
  input: string,
): Promise<{ readonly out: string; readonly err: string; readonly code: number }> {
  const client = new ssh2.Client()
  try {
    return await new Promise((resolve, reject) => {
      client.on('error', reject)
      client.on('ready', () => {
        client.exec(command, (error, channel) => {
          if (error !== undefined) return reject(error)
          let [out, err] = ['', '']
          channel.on('data', (bytes: Buffer) => (out += bytes.toString()))
          channel.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
          channel.on('close', (code: number) => resolve({ out, err, code }))
          channel.end(input)
        })
      })
      client.connect({ host: '127.0.0.1', port, username, readyTimeout: 20_000 })
    })
  } finally {
    client.end()
  }
}
