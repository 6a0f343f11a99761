"""What the exchange tells and lets be told.

News (行业动态), quotations (价格行情), supply and demand (供求信息).
"""
