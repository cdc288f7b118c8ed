export const adapterName = 'local'
