export const adapterName = 'sample'
