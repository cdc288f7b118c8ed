cat >analyse.py <<'END'
import docx, matplotlib.pyplot as plt, numpy as np, openpyxl, pandas as pd, pypdf, scipy.stats, seaborn
from PIL import Image
from reportlab.pdfgen import canvas
from sklearn.linear_model import LinearRegression

table = pd.DataFrame({'x': np.arange(10.0), 'y': np.arange(10.0) * 2 + 1})
assert abs(LinearRegression().fit(table[['x']], table['y']).coef_[0] - 2) < 1e-9
assert abs(scipy.stats.linregress(table.x, table.y).intercept - 1) < 1e-9
seaborn.lineplot(table, x='x', y='y')
plt.savefig('chart.png')
assert Image.open('chart.png').size[0] > 100
table.to_excel('table.xlsx', index=False)
assert openpyxl.load_workbook('table.xlsx').active['B2'].value == 1
page = canvas.Canvas('page.pdf')
page.drawString(100, 700, 'a page of text')
page.save()
assert 'a page of text' in pypdf.PdfReader('page.pdf').pages[0].extract_text()
letter = docx.Document()
letter.add_paragraph('a letter')
letter.save('letter.docx')
END
python3 analyse.py
pdftotext page.pdf - | grep -q 'a page of text'
pandoc letter.docx --to plain | grep -q 'a letter'
echo '6 * 7' | ipython3 --simple-prompt --no-banner | grep -q 42
