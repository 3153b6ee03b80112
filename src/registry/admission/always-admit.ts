/** AlwaysAdmit: kept for old command lines; it does nothing. Off by default. Mirrors plugin/pkg/admission/admit. */
import type { AdmissionPlugin } from './plugin.ts'

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', offByDefault: true }
