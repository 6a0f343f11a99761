"""The Django project of 中国咸阳金果网: members, markets, trading, market data, price index, operations."""
