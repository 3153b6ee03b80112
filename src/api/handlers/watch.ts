/**
 * watch over chunked HTTP and WebSocket: pulls events from the stream as fast as the client reads, and no faster. A slow client costs a
 * cursor, never a queue. Mirrors endpoints/handlers/watch.go.
 */
import type { Timer } from '../../apimachinery/clock.ts'
import type { WatchEvent, WatchStream } from '../../registry/watch.ts'
import { ConversionNeeded, whenConverted } from '../../registry/when-converted.ts'
import type { ResourceExchange } from '../exchange.ts'
import { isTrue } from '../request-info.ts'
import { writeHeaders } from '../respond.ts'
import { listOptions, timeoutSeconds } from './read.ts'
import { errorFrame, type FrameEncoder, jsonFrames } from './watch-frames.ts'

/** Where frames go. */
export interface FrameSink {
  /** Sends whole frames. False: wait for `onDrain` before the next. */
  write(frames: Buffer[]): boolean
  onDrain(callback: () => void): void
  /** Ends after what was written. */
  end(): void
  /** Ends now: nobody reads what was written. */
  cut(): void
}

const PROTOBUF_STREAM = 'application/vnd.kubernetes.protobuf;stream=watch'
const BOOKMARK_INTERVAL_MS = 60_000
/** As upstream: the last bookmark comes a little before the time-out, so that the client can resume from it. */
const BOOKMARK_BEFORE_END_MS = 2_000
const MIN_TIMEOUT_SECONDS = 1800
/** A client that takes nothing for so long loses its watch, and as long again after that its connection. Upstream's patience is a full queue. */
const STALLED_MS = 60_000
/** Frames of one write to the socket; the loop is free in between. */
const BATCH_BYTES = 64 * 1024

export async function watch(exchange: ResourceExchange): Promise<void> {
  const { res, accept } = exchange
  const isProtobuf = accept.encoding === 'protobuf'
  const encode = isProtobuf
    ? (await import('./watch-frames-protobuf.ts')).protobufFrames(exchange)
    : jsonFrames(exchange)
  const pump = await startWatch(exchange, encode, {
    write(frames) {
      return res.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames))
    },
    onDrain: (callback) => res.once('drain', callback),
    end: () => res.end(),
    cut: () => res.destroy(),
  })
  writeHeaders(exchange, 200, isProtobuf ? PROTOBUF_STREAM : 'application/json')
  // Headers go out before the first event: clients wait for them.
  res.flushHeaders()
  // A client that went away: its cursor goes too.
  res.once('close', pump.stop)
  if (res.destroyed) pump.stop()
  else pump.start()
}

/**
 * Opens the stream (throws 400, 422); nothing is sent before `start`. Ends by time-out, with the server, after an ERROR event, or when the
 * client does not read: it can go on from the last event that it took.
 */
export async function startWatch(
  exchange: ResourceExchange,
  encode: FrameEncoder,
  sink: FrameSink,
): Promise<{ start(): void; stop(): void }> {
  const { query, store, ending, turns, logger } = exchange
  const { clock, random } = store.environment
  let scheduled = false
  let blocked = false
  let started = false
  let ended = false
  let waiting = false
  let retired = false
  const timers: Timer[] = []
  const schedule = (): void => {
    if (!started || scheduled || blocked || ended || waiting) return
    scheduled = true
    turns.ask(turn)
  }
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  const opened = whenConverted(() =>
    store.watch({ ...listOptions(exchange), allowWatchBookmarks: bookmarks, wake: schedule }),
  )
  const stream = opened instanceof Promise ? await opened : opened
  const stop = (): void => {
    if (ended) return
    ended = true
    for (const forget of listening) forget()
    for (const timer of timers) timer.cancel()
    stream.close()
    sink.end()
    if (blocked) clock.after(STALLED_MS, sink.cut)
  }
  const quit = (): void => {
    stop()
    if (blocked) sink.cut()
  }
  const listening = [
    ending.listen(quit),
    store.onRetired(() => {
      retired = true
      schedule()
    }),
  ]
  /** Others are served in the same round, before a write is answered: what is wrong with this watch is nobody else's. */
  function turn(): void {
    scheduled = false
    if (ended) return
    try {
      drain()
    } catch (error) {
      logger.error({ err: error, path: exchange.req.url }, 'a watch failed and is cut')
      sink.cut()
      stop()
    }
  }
  const drain = (): void => {
    const { frames, more, failed, needed } = take(stream, encode)
    if (frames.length > 0 && !sink.write(frames)) {
      blocked = true
      const stalled = clock.after(STALLED_MS, stop)
      sink.onDrain(() => {
        stalled.cancel()
        blocked = false
        schedule()
      })
    }
    if (failed || (retired && !more && !blocked)) stop()
    else if (needed) wait(needed)
    else if (more) schedule()
  }
  /** Nothing is sent before the webhook has answered; when it fails the watch ends, as upstream's does. */
  const wait = (needed: ConversionNeeded): void => {
    waiting = true
    needed.prepare().then(
      () => {
        waiting = false
        schedule()
      },
      (error) => {
        if (!ended) sink.write([errorFrame(error)])
        stop()
      },
    )
  }
  const sendBookmark = (): void => {
    const event = blocked || ended ? undefined : stream.bookmark()
    if (event) sink.write([encode(event)])
  }
  const start = (): void => {
    if (ending.isHere) {
      stop()
      return
    }
    const requested = Math.max(0, timeoutSeconds(query))
    const seconds = requested || Math.round(MIN_TIMEOUT_SECONDS * (1 + random.next()))
    timers.push(clock.after(seconds * 1000, stop))
    if (bookmarks) {
      if (seconds * 1000 > BOOKMARK_BEFORE_END_MS)
        timers.push(clock.after(seconds * 1000 - BOOKMARK_BEFORE_END_MS, sendBookmark))
      timers.push(every(clock, BOOKMARK_INTERVAL_MS, sendBookmark))
    }
    started = true
    schedule()
  }
  return { start, stop }
}

function every(clock: ResourceExchange['registry']['clock'], ms: number, callback: () => void): Timer {
  let timer = clock.after(ms, tick)
  function tick(): void {
    callback()
    timer = clock.after(ms, tick)
  }
  return { cancel: () => timer.cancel() }
}

interface Taken {
  frames: Buffer[]
  more: boolean
  failed: boolean
  needed?: ConversionNeeded
}

function take(stream: WatchStream, encode: FrameEncoder): Taken {
  const frames: Buffer[] = []
  let size = 0
  while (size < BATCH_BYTES) {
    const event = nextOf(stream)
    if (event instanceof ConversionNeeded) return { frames, more: true, failed: false, needed: event }
    if (!event) return { frames, more: false, failed: false }
    const frame = encode(event)
    frames.push(frame)
    size += frame.length
    if (event.type === 'ERROR') return { frames, more: false, failed: true }
  }
  return { frames, more: true, failed: false }
}

function nextOf(stream: WatchStream): WatchEvent | ConversionNeeded | undefined {
  try {
    return stream.next()
  } catch (error) {
    if (error instanceof ConversionNeeded) return error
    throw error
  }
}
