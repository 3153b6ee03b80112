/** Bindings: the older door to binding a pod. Mirrors pkg/registry/core/pod/storage/storage.go (LegacyBindingREST). */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { defineResource } from '../definition.ts'
import { bindPod } from './pod-binding.ts'

export const bindings = defineResource('v1', 'bindings', {
  virtual: {
    async create(binding, namespace, context) {
      const done = await bindPod(binding.metadata.name ?? '', namespace, binding, context)
      return done as DynamicObject
    },
  },
})
