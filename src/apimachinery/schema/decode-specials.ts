/** Types that read and print their JSON themselves: quantities, times, and values that may be of several types. */
import { canonicalDuration } from '../duration.ts'
import { canonicalQuantity } from '../quantity.ts'
import { canonicalMicroTime, canonicalTime } from '../time.ts'
import { list } from './decode-collections.ts'
import { anyOfOwn, type Decode, SCALARS, text, WRONG_TYPE } from './decode-scalars.ts'
import type { Node, SpecialNode } from './nodes.ts'

type DecoderOf = (node: Node) => Decode

/** `decoderOf` compiles what is inside. */
export function special(node: SpecialNode, decoderOf: DecoderOf): Decode {
  switch (node.special) {
    case 'Quantity':
      return (value) => {
        if (typeof value === 'string') return canonicalQuantity(value)
        if (typeof value !== 'number') throw WRONG_TYPE
        return canonicalQuantity(String(value))
      }
    case 'Time':
      return text(canonicalTime)
    case 'MicroTime':
      return text(canonicalMicroTime)
    case 'Duration':
      return text(canonicalDuration)
    case 'IntOrString':
      return (value, walk) => (typeof value === 'string' ? value : SCALARS.int32(value, walk))
    case 'Verbs':
    case 'ExtraValue':
      return list(SCALARS.string, () => '')
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return schemaHolder(node, decoderOf)
    case 'RawExtension':
    case 'JSON':
      return anyOfOwn
    default:
      return SCALARS.any
  }
}

function schemaHolder(node: SpecialNode, decoderOf: DecoderOf): Decode {
  const schema = decoderOf(node.inner!)
  if (node.special === 'JSONSchemaPropsOrBool') {
    return (value, walk) => (typeof value === 'boolean' ? value : schema(value, walk))
  }
  const items =
    node.special === 'JSONSchemaPropsOrArray'
      ? list(schema, (walk) => schema({}, walk))
      : list(SCALARS.string, () => '')
  return (value, walk) => {
    // Upstream's readers of these two take anything else for nothing.
    if (typeof value !== 'object') return null
    if (!Array.isArray(value)) return schema(value, walk)
    return value.length === 0 ? null : items(value, walk)
  }
}
