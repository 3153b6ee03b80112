/** AlwaysDeny: refuses every write. Off by default. Mirrors plugin/pkg/admission/deny. */
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { refuse } from './refuse.ts'

function deny(request: AdmissionRequest): never {
  throw refuse(request, 'admission control is denying all modifications')
}

export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', offByDefault: true, admit: deny, validate: deny }
