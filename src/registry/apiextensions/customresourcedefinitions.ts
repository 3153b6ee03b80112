/** customresourcedefinitions: not served yet, and said so. Mirrors apiextensions-apiserver/pkg/registry/customresourcedefinition. */
import { newNotImplemented } from '../../apimachinery/errors.ts'
import { defineResource } from '../definition.ts'

export const customresourcedefinitions = defineResource('apiextensions.k8s.io/v1', 'customresourcedefinitions', {
  // DEVIATION(no-custom-resources): a definition that nothing serves would be a lie.
  prepareForCreate() {
    throw newNotImplemented('CustomResourceDefinitions yet')
  },
})
