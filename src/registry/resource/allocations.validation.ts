/** What a claim was given, and who uses it. Mirrors validateResourceClaimStatusUpdate of pkg/apis/resource/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateConditions } from '../conditions.validation.ts'
import { validateNodeSelector } from '../core/scheduling.validation.ts'
import { declaredDriverName, declaredImmutable, declaredUnique, type Findings, noFindings } from '../declarative.ts'
import { validateDriverName } from '../storage/driver-name.validation.ts'
import {
  requestNamesOf,
  validateConfiguration,
  validateJsonObject,
  validateReferences,
  validateToleration,
} from './claims.validation.ts'
import {
  declaredPoolName,
  type RequestNames,
  validateLabelShaped,
  validatePoolName,
  validateRequestReference,
} from './names.validation.ts'

type Fields = DynamicObject['spec']

const MAX_USERS = 256
const MAX_CONDITIONS = 8
const MAX_STATUS_BYTES = 10 * 1024
const SOURCES = ['FromClaim', 'FromClass']
const NO_NEW_USERS = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
const ALLOCATION = 'status.allocation'

export function validateClaimStatus(claim: DynamicObject, old: DynamicObject): FieldError[] {
  const found = noFindings()
  const status: Fields = claim['status'] ?? {}
  const oldStatus: Fields = old['status'] ?? {}
  const { allocation } = status
  validateUsers(status.reservedFor ?? [], found)
  const known = new Set<string>((allocation?.devices?.results ?? []).map(deviceId))
  validateDeviceStatuses(status.devices ?? [], known, found)
  if (status.reservedFor?.length) {
    if (!allocation) {
      found.own.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set'))
    } else if (claim.metadata.deletionTimestamp && hasNewUser(status.reservedFor, oldStatus.reservedFor ?? [])) {
      found.own.push(forbidden('status.reservedFor', NO_NEW_USERS))
    }
  }
  if (allocation && oldStatus.allocation) {
    found.declared.push(...declaredImmutable(allocation, oldStatus.allocation, ALLOCATION))
  } else if (allocation) validateAllocation(allocation, requestNamesOf(claim['spec']?.devices), found)
  return [...found.own, ...found.declared]
}

const hasNewUser = (users: Fields[], old: Fields[]): boolean =>
  users.some((user) => !old.some((one) => deepEqual(one, user)))

function validateUsers(users: Fields[], found: Findings): void {
  const path = 'status.reservedFor'
  if (users.length > MAX_USERS) {
    found.declared.push(tooMany(path, users.length, MAX_USERS))
    return
  }
  users.forEach((user, i) => {
    for (const name of ['resource', 'name', 'uid']) {
      if (!user[name]) found.own.push(required(child(index(path, i), name)))
    }
  })
  found.declared.push(...declaredUnique(users, path, ({ uid = '' }) => uid))
}

const deviceId = ({ driver = '', pool = '', device = '', shareID }: Fields): string =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')

function validateDeviceStatuses(devices: Fields[], allocated: ReadonlySet<string>, found: Findings): void {
  devices.forEach((device, i) => {
    const path = index('status.devices', i)
    found.own.push(
      ...validateDriverName(device.driver ?? '', child(path, 'driver')),
      ...validatePoolName(device.pool ?? '', child(path, 'pool')),
      ...validateLabelShaped(device.device ?? '', child(path, 'device')),
    )
    if (!allocated.has(deviceId(device))) {
      found.own.push(invalid(path, deviceId(device), 'must be an allocated device in the claim'))
    }
    const conditions = device.conditions ?? []
    if (conditions.length > MAX_CONDITIONS) {
      found.own.push(tooMany(child(path, 'conditions'), conditions.length, MAX_CONDITIONS))
    }
    found.own.push(...validateConditions(conditions, child(path, 'conditions')))
    if (device.data !== undefined) {
      found.own.push(...validateJsonObject(device.data, child(path, 'data'), MAX_STATUS_BYTES))
    }
  })
  found.declared.push(...declaredUnique(devices, 'status.devices', deviceId))
}

function validateAllocation(allocation: Fields, names: RequestNames, found: Findings): void {
  const devices = child(ALLOCATION, 'devices')
  ;((allocation.devices?.results ?? []) as Fields[]).forEach((result, i) => {
    validateResult(result, index(child(devices, 'results'), i), names, found)
  })
  ;((allocation.devices?.config ?? []) as Fields[]).forEach((config, i) => {
    const path = index(child(devices, 'config'), i)
    const source = child(path, 'source')
    if (!config.source) found.declared.push(required(source))
    else if (!SOURCES.includes(config.source)) found.declared.push(notSupported(source, config.source, SOURCES))
    validateReferences(config.requests, child(path, 'requests'), names, found)
    validateConfiguration(config, path, found)
  })
  if (allocation.nodeSelector) {
    found.own.push(...validateNodeSelector(allocation.nodeSelector, child(ALLOCATION, 'nodeSelector')))
  }
}

function validateResult(result: Fields, path: string, names: RequestNames, found: Findings): void {
  found.own.push(...validateRequestReference(result.request ?? '', names, child(path, 'request')))
  found.declared.push(...declaredDriverName(result.driver ?? '', child(path, 'driver')))
  found.declared.push(...declaredPoolName(result.pool ?? '', child(path, 'pool')))
  found.own.push(...validateLabelShaped(result.device ?? '', child(path, 'device')))
  ;((result.tolerations ?? []) as Fields[]).forEach((toleration, i) => {
    validateToleration(toleration, index(child(path, 'tolerations'), i), found)
  })
}
