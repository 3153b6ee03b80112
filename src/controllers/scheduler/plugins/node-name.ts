/** The node that the pod names. Mirrors plugins/nodename. */
import { final, type Plugin } from '../plugin.ts'

const OTHER_NAME = final("node(s) didn't match the requested node name")

export const nodeName: Plugin = {
  name: 'NodeName',
  hints: [{ on: ['nodes/add'] }],
  preFilter({ pod }) {
    const wanted = pod.spec?.nodeName
    if (!wanted) return undefined
    return { only: new Set([wanted]), filter: ({ name }) => (name === wanted ? undefined : OTHER_NAME) }
  },
}
