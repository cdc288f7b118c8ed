export { defaultTemplateDirectory } from './default-directory.ts'
export { type LocalTemplate, readLocalTemplates } from './local-templates.ts'
