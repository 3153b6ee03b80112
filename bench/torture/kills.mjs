// The moments at which a server is killed with SIGKILL. Each plays one round on a server that has just been spawned, to its end.
import { watch } from 'node:fs'

/** After some acknowledged writes, with the next ones on their way. */
export async function underLoad({ server, clients, random }) {
  const target = await server.ready
  await clients.verify(target)
  await clients.play(target, countdown(1 + Math.floor(random() * 150), server.kill))
}

/** While it starts: from the lock on, which is before the files are read. */
export async function whileStarting({ server, random, folder }) {
  await Promise.race([fileMade(folder, /\.lock$/), server.ready])
  await after(random() * 120)
  server.kill()
}

/** While it connects to etcd, reads what is there and makes what is missing. */
export async function whileConnecting({ server, random }) {
  await Promise.race([after(random() * 1_200), server.ready])
  server.kill()
}

/** etcd is killed under load and comes back after a moment; the server lives on, and then dies, too, so that the next one says what is there. */
export async function etcdUnderLoad({ server, clients, random, etcd }) {
  const target = await server.ready
  await clients.verify(target)
  const writes = 1 + Math.floor(random() * 100)
  const interrupt = async () => {
    await etcd.kill()
    await after(random() * 1_000)
    await etcd.start()
    clients.whenAcknowledged(countdown(writes, server.kill))
  }
  await clients.play(target, countdown(writes, interrupt))
}

/** While it stops: connections end, the last snapshot is written, the journal and the lock go. */
export async function whileStopping({ server, clients, random }) {
  const target = await server.ready
  await clients.verify(target)
  const stop = async () => {
    server.stop()
    await after(random() * 60)
    server.kill()
  }
  await clients.play(target, countdown(1 + Math.floor(random() * 30), stop))
}

/** While the snapshot of an idle server is written and the journal is cut, with writes that came back meanwhile. */
export async function whileSaving({ server, clients, random, folder }) {
  const target = await server.ready
  await clients.verify(target)
  const save = async () => {
    clients.pause()
    await fileMade(folder, /\.json\.tmp$/)
    clients.resume()
    await after(random() * 25)
    server.kill()
  }
  await clients.play(target, countdown(1 + Math.floor(random() * 30), save))
}

/** Calls `then` once, at the nth call. */
function countdown(count, then) {
  let left = count
  return () => {
    left--
    if (left === 0) then()
  }
}

function fileMade(folder, pattern) {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_, name) => {
      if (!pattern.test(name)) return
      watcher.close()
      resolve()
    })
  })
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
