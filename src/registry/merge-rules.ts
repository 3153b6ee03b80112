/** How values of a kind are merged: by its type, or by the structural schema of its definition. Mirrors apimachinery/pkg/util/managedfields/typeconverter.go. */
import { customMergeNodeOf } from '../apimachinery/managedfields/custom-merge-node.ts'
import { type MergeStruct, mergeNodeOf } from '../apimachinery/managedfields/merge-node.ts'
import type { Schema } from '../apimachinery/schema/schema.ts'

export function mergeRulesOf({ structural, metadata, node }: Schema): MergeStruct {
  return (structural ? customMergeNodeOf(structural, metadata) : mergeNodeOf(node)) as MergeStruct
}
