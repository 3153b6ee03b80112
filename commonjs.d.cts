// Declarations of commonjs.cjs: those of the ES module, said again in the form that CommonJS takes.
// test/public-api.test.ts holds this file equal to src/index.ts.
import type * as kubemu from './dist/index.js' with { 'resolution-mode': 'import' }

export type * from './dist/index.js' with { 'resolution-mode': 'import' }

export declare const createCluster: typeof kubemu.createCluster
export declare const FixtureError: typeof kubemu.FixtureError
export type FixtureError = kubemu.FixtureError
export declare const ManualClock: typeof kubemu.ManualClock
export type ManualClock = kubemu.ManualClock
export declare const StatusError: typeof kubemu.StatusError
export type StatusError = kubemu.StatusError
