"""Addresses of the institutions' desks."""

from django.urls import path

from web.store import importing, inspector, keeper, lender, money, photos, pickups

urlpatterns = [
    path("store/", keeper.lot_list),
    path("store/book/", keeper.book),
    path("store/import/", importing.import_file),
    path("store/import/<int:job_id>/", importing.job_page),
    path("store/import/<int:job_id>/cancel/", importing.job_cancel),
    path("store/import/<int:job_id>/rows.csv", importing.job_rows),
    path("store/rooms/", keeper.store_rooms),
    path("store/lots/<str:intake_no>/", keeper.one_lot, name="store_lot"),
    path("store/lots/<str:intake_no>/act/", keeper.act),
    path("store/money/", money.money),
    path("store/lots/<str:intake_no>/photos/", photos.attach),
    path("store/pickups/", pickups.pickup_list),
    path("store/pickups/<str:pickup_no>/", pickups.one_pickup, name="store_pickup"),
    path("store/pickups/<str:pickup_no>/act/", pickups.act),
    path("lend/", lender.desk),
    path("lend/<str:pledge_no>/", lender.act),
    path("inspect/", inspector.desk),
    path("inspect/lots/<str:intake_no>/", inspector.one_lot, name="inspect_lot"),
    path("inspect/lots/<str:intake_no>/act/", inspector.act),
    path("inspect/orders/<str:order_no>/", inspector.ordered),
    path("inspect/issues/<str:request_no>/", inspector.confirm),
]
