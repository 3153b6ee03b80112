// A job of the load generator, which is a process of its own.
import { runScript } from './processes.mjs'

/** See load.mjs for the kinds of jobs and their results. */
export const load = (job) => runScript('load.mjs', job)
