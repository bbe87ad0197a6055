"""Readers of Word, Excel, PowerPoint, OpenDocument and EPUB files. All of them are zips with XML inside."""
