/** Events of the core group: the stored form of events.k8s.io, and its hooks. Mirrors pkg/registry/core/event/strategy.go. */
import { defineResource } from '../definition.ts'
import { eventHooks } from '../events/events.ts'

export const events = defineResource('v1', 'events', eventHooks)
