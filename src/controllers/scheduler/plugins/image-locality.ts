/** Nodes that have the pod's images. Mirrors plugins/imagelocality. */
import type { NodeInfo } from '../node-info.ts'
import { MAX_SCORE, type Plugin } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'

const MB = 1024 * 1024
/** Images below this in all make no difference, nor does what is above this for each image. */
const LEAST = 23 * MB
const MOST = 1000 * MB

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  hints: [],
  preScore(pod, _nodes, { cache }) {
    if (cache.images.size === 0) return undefined
    const wanted = imagesOf(pod)
    const known = wanted.filter((image) => cache.images.has(image))
    if (known.length === 0) return undefined
    // An image that only few nodes have counts less: not all pods shall go there.
    const parts = known.map((name) => ({ name, part: cache.images.get(name)! / cache.nodes.length }))
    const most = MOST * wanted.length
    return {
      score(node) {
        const sum = parts.reduce((bytes, { name, part }) => bytes + Math.trunc(sizeOn(node, name) * part), 0)
        const counted = Math.min(Math.max(sum, LEAST), most)
        return Math.floor((MAX_SCORE * (counted - LEAST)) / (most - LEAST))
      },
    }
  },
}

function sizeOn({ node }: NodeInfo, image: string): number {
  return node.status?.images?.find(({ names }) => names?.includes(image))?.sizeBytes ?? 0
}

function imagesOf({ pod }: PodInfo): string[] {
  const { initContainers = [], containers = [], volumes = [] } = pod.spec ?? {}
  const images = [...initContainers, ...containers].map(({ image = '' }) => image)
  for (const { image } of volumes) if (image) images.push(image.reference ?? '')
  return images.map((name) => (name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name))
}
