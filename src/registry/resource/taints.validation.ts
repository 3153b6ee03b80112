/** Taints of devices and the rules that set them. Mirrors validateDeviceTaint and validateDeviceTaintRuleSpec of pkg/apis/resource/validation. */
import { child, type FieldError, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isLabelValue } from '../../apimachinery/names.ts'
import { type Findings, noFindings } from '../declarative.ts'
import { validateDriverName } from '../storage/driver-name.validation.ts'
import { invalids, validateQualifiedName } from '../validation.ts'
import { TAINT_EFFECTS } from './claims.validation.ts'
import { validateLabelShaped, validatePoolName } from './names.validation.ts'

type Fields = DynamicObject['spec']

export function validateDeviceTaint(taint: Fields, old: Fields | undefined, path: string, found: Findings): void {
  const { key = '', value = '', effect = '' } = taint
  found.own.push(...validateQualifiedName(key, child(path, 'key')))
  if (value) found.own.push(...invalids(child(path, 'value'), value, isLabelValue(value)))
  if (old && (old.effect ?? '') === effect) return
  const at = child(path, 'effect')
  if (effect === '') found.declared.push(required(at))
  else if (!TAINT_EFFECTS.includes(effect)) found.declared.push(notSupported(at, effect, TAINT_EFFECTS))
}

export function validateTaintRule(spec: Fields, old?: Fields): FieldError[] {
  const found = noFindings()
  const { deviceSelector, taint = {} } = spec ?? {}
  const path = 'spec.deviceSelector'
  const { driver, pool, device } = deviceSelector ?? {}
  if (driver !== undefined) found.own.push(...validateDriverName(driver, child(path, 'driver')))
  if (pool !== undefined) found.own.push(...validatePoolName(pool, child(path, 'pool')))
  if (device !== undefined) found.own.push(...validateLabelShaped(device, child(path, 'device')))
  validateDeviceTaint(taint, old?.taint, 'spec.taint', found)
  return [...found.own, ...found.declared]
}
