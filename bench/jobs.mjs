// What the long measurements share: jobs in load generators of their own, and what a process has used.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.mjs'

/** The result of one job of load.mjs, in a process of its own. */
export function runJob(job) {
  const script = fileURLToPath(new URL('load.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`load ended with ${code}`)),
    )
  })
}

/** A namespace with the service account that pods need. */
export async function makeNamespace(target, name) {
  const connection = await Connection.open(target)
  await connection.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } }))
  const account = JSON.stringify({ metadata: { name: 'default' } })
  await connection.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account)
  connection.close()
}

/** User and system time of a process so far. Linux counts it in ticks of 10 ms. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Memory of a process that is in RAM now. */
export function rssBytes(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

export const median = (numbers) => quantile(numbers, 0.5)

export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}

export const whole = (number) => Math.round(number).toLocaleString('en')
export const megabytes = (bytes) => `${whole(bytes / 1024 / 1024)} MB`
